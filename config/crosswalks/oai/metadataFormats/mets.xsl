<?xml version="1.0" encoding="UTF-8"?>
<!-- METS from the XOAI document of an item: MODS of mods.xsl, the deposit licence, and for each file of the bundles
     ORIGINAL and TEXT that a visitor may see where it is, its checksum and its PREMIS object. -->
<xsl:stylesheet version="1.0"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:x="http://www.lyncode.com/xoai"
    xmlns="http://www.loc.gov/METS/"
    xmlns:mods="http://www.loc.gov/mods/v3"
    xmlns:premis="http://www.loc.gov/standards/premis"
    xmlns:xlink="http://www.w3.org/1999/xlink"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    exclude-result-prefixes="x mods premis">
  <xsl:import href="mods.xsl"/>
  <xsl:output method="xml" omit-xml-declaration="yes" indent="no"/>

  <!-- Identifiers inside a document are XML names: what a name can't hold becomes an underscore. -->
  <xsl:variable name="others" select="/x:metadata/x:element[@name='others']"/>
  <xsl:variable name="handle" select="$others/x:field[@name='handle']"/>
  <xsl:variable name="safe" select="'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-'"/>
  <xsl:variable name="id" select="translate($handle, translate($handle, $safe, ''), '________________________________')"/>
  <xsl:variable name="bundles" select="/x:metadata/x:element[@name='bundles']
      /x:element[x:field[@name='name']='ORIGINAL' or x:field[@name='name']='TEXT'][x:element[@name='bitstreams']/x:element]"/>

  <xsl:template match="/x:metadata">
    <mets OBJID="hdl:{$handle}" ID="DSpace_ITEM_{$id}" TYPE="DSpace ITEM" PROFILE="DSpace METS SIP Profile 1.0"
        xsi:schemaLocation="http://www.loc.gov/METS/ http://www.loc.gov/standards/mets/mets.xsd">
      <metsHdr CREATEDATE="{$others/x:field[@name='lastModifyDate']}">
        <agent ROLE="CUSTODIAN" TYPE="ORGANIZATION">
          <name><xsl:value-of select="x:element[@name='repository']/x:field[@name='name']"/></name>
        </agent>
      </metsHdr>
      <dmdSec ID="DMD_{$id}">
        <mdWrap MDTYPE="MODS">
          <xmlData xsi:schemaLocation="http://www.loc.gov/mods/v3 http://www.loc.gov/standards/mods/v3/mods-3-1.xsd">
            <xsl:apply-imports/>
          </xmlData>
        </mdWrap>
      </dmdSec>
      <xsl:for-each select="x:element[@name='license']/x:field[@name='bin']">
        <amdSec ID="TMD_{$id}">
          <rightsMD ID="RIG_{$id}">
            <mdWrap MIMETYPE="text/plain" MDTYPE="OTHER" OTHERMDTYPE="DSpaceDepositLicense">
              <binData><xsl:value-of select="."/></binData>
            </mdWrap>
          </rightsMD>
        </amdSec>
      </xsl:for-each>
      <!-- A file's identifier: bundle, item, place in the bundle. -->
      <xsl:for-each select="$bundles">
        <xsl:apply-templates select="x:element[@name='bitstreams']/x:element" mode="premis">
          <xsl:with-param name="bundle" select="concat(x:field[@name='name'], '_', $id, '_')"/>
        </xsl:apply-templates>
      </xsl:for-each>
      <xsl:if test="$bundles">
        <fileSec>
          <xsl:for-each select="$bundles">
            <fileGrp USE="{x:field[@name='name']}">
              <xsl:apply-templates select="x:element[@name='bitstreams']/x:element" mode="file">
                <xsl:with-param name="bundle" select="concat(x:field[@name='name'], '_', $id, '_')"/>
              </xsl:apply-templates>
            </fileGrp>
          </xsl:for-each>
        </fileSec>
      </xsl:if>
      <structMap LABEL="DSpace Object" TYPE="LOGICAL">
        <div TYPE="DSpace Object Contents" DMDID="DMD_{$id}">
          <xsl:for-each select="$bundles[x:field[@name='name']='ORIGINAL']/x:element[@name='bitstreams']/x:element">
            <div TYPE="DSpace BITSTREAM"><fptr FILEID="BITSTREAM_ORIGINAL_{$id}_{position()}"/></div>
          </xsl:for-each>
        </div>
      </structMap>
    </mets>
  </xsl:template>

  <xsl:template match="x:element" mode="premis">
    <xsl:param name="bundle"/>
    <xsl:variable name="file" select="concat($bundle, position())"/>
    <amdSec ID="F_{$file}">
      <techMD ID="TECH_{$file}">
        <mdWrap MDTYPE="PREMIS">
          <xmlData>
            <premis:premis xsi:schemaLocation="http://www.loc.gov/standards/premis http://www.loc.gov/standards/premis/PREMIS-v1-0.xsd">
              <premis:object>
                <premis:objectIdentifier>
                  <premis:objectIdentifierType>URL</premis:objectIdentifierType>
                  <premis:objectIdentifierValue><xsl:value-of select="x:field[@name='url']"/></premis:objectIdentifierValue>
                </premis:objectIdentifier>
                <premis:objectCategory>File</premis:objectCategory>
                <premis:objectCharacteristics>
                  <xsl:if test="x:field[@name='checksum'] != ''">
                    <premis:fixity>
                      <premis:messageDigestAlgorithm><xsl:value-of select="x:field[@name='checksumAlgorithm']"/></premis:messageDigestAlgorithm>
                      <premis:messageDigest><xsl:value-of select="x:field[@name='checksum']"/></premis:messageDigest>
                    </premis:fixity>
                  </xsl:if>
                  <premis:size><xsl:value-of select="x:field[@name='size']"/></premis:size>
                  <premis:format>
                    <premis:formatDesignation>
                      <premis:formatName><xsl:value-of select="x:field[@name='format']"/></premis:formatName>
                    </premis:formatDesignation>
                  </premis:format>
                </premis:objectCharacteristics>
                <premis:originalName><xsl:value-of select="x:field[@name='name']"/></premis:originalName>
              </premis:object>
            </premis:premis>
          </xmlData>
        </mdWrap>
      </techMD>
    </amdSec>
  </xsl:template>

  <xsl:template match="x:element" mode="file">
    <xsl:param name="bundle"/>
    <xsl:variable name="file" select="concat($bundle, position())"/>
    <file ID="BITSTREAM_{$file}" MIMETYPE="{x:field[@name='format']}" SIZE="{x:field[@name='size']}"
        ADMID="F_{$file}" GROUPID="GROUP_BITSTREAM_{$file}">
      <xsl:for-each select="x:field[@name='sid']">
        <xsl:attribute name="SEQ"><xsl:value-of select="."/></xsl:attribute>
      </xsl:for-each>
      <xsl:if test="x:field[@name='checksum'] != ''">
        <xsl:attribute name="CHECKSUM"><xsl:value-of select="x:field[@name='checksum']"/></xsl:attribute>
        <xsl:attribute name="CHECKSUMTYPE"><xsl:value-of select="x:field[@name='checksumAlgorithm']"/></xsl:attribute>
      </xsl:if>
      <FLocat LOCTYPE="URL" xlink:type="simple" xlink:href="{x:field[@name='url']}"/>
    </file>
  </xsl:template>
</xsl:stylesheet>
